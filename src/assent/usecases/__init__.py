"""One file a verb: the only place where rules meet ports."""

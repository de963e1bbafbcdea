"""What happened, posted to firms' own servers."""

"""The sandbox's own rooms: virtual phones, a movable clock. Production cannot reach them."""

"""What `script/bench-peers` measures; see there."""

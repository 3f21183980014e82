"""What 文明言行 adds to the system lists."""

"""What 考试 adds to the system lists."""

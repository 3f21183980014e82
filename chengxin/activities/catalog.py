"""What 主题活动 adds to the system lists."""

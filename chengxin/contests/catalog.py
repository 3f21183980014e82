"""What 竞赛会操 adds to the system lists."""

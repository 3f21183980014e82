"""What 案卷评查 adds to the system lists."""

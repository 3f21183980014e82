"""Doors of 主题活动."""

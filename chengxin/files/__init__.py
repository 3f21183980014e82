"""文件: originals kept byte for byte, opened only through the record that owns them."""

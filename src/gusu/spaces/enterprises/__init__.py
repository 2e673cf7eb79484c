"""An enterprise's own space."""

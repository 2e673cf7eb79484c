"""The portal and the three real-name spaces: pages that compose what lies below."""

"""What government knows: described, exchanged, checked, fused."""

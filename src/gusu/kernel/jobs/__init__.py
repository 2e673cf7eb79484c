"""What happens later, in the worker."""

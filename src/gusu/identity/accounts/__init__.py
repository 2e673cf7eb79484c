"""Accounts of citizens, enterprises and officials, and the posts officials are appointed to."""

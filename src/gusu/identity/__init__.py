"""Who acts: organisations, accounts, roles, appointments, purposes, sign-in, and the default that nobody may."""

"""Cases (办件): what somebody applied for, through every state of one table, inside the legal clock."""

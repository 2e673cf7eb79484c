"""From what somebody asks for to what is decided and issued, and the clocks the law runs meanwhile."""

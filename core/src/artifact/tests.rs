//! What is refused, and what comes back whole.

"""Report to bytes. A renderer adds no fact and lets no foreign text in: what it gets has been through the gate."""

"""Who may do what: users, memberships with roles, sign-in, sessions, the three administrators."""

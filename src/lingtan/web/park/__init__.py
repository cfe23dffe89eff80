"""The park itself: boundaries, nodes, commodities, facts, stocks, contacts; folders in and out."""

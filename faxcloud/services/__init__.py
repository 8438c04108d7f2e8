"""One public function for each thing that a user can do, grouped by noun."""

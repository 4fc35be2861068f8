"""What a sandbox does not have, each part saying so and what to use instead."""

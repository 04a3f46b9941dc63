"""What a message costs: this project's server beside two bare ones, under the same load."""

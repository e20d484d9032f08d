"""What this machine has and lacks for the main job, and how to get what is missing."""

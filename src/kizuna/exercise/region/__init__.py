"""An exercise of several parties on one simulated sea: who has which sensors, and what each alone hears and sees."""

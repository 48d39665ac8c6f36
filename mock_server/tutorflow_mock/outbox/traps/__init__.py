"""What a receiver of deliveries must stand: a catalogue of traps, and a runner that fires them and judges."""

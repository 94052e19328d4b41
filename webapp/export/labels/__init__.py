"""Labels that people gave elsewhere, onto the stored texts that they are about or onto new ones; and ours, out."""

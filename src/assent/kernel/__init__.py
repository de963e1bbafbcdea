"""Words that everything shares: time, chance, ids, secrets, refusals. Imports nothing of ours."""

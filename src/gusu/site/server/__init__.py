"""Running a city on one machine: its data folder, its PostgreSQL, the processes and the one that minds them."""

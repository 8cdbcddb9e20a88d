"""What a process makes sure of before it uses a database: sessions of its own, and the migrations that it needs."""

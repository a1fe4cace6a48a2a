"""What knows no shop words: database, errors, money, outbox, mail, web."""

print("0 assertions hold")

"""Cases at this desk: kept, told to the other desks that are in them, taken in from there, shown in three languages."""

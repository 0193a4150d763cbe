#include <mpi.h>

// Macros that Swift cannot see.

static inline MPI_Comm mixmo_world(void) { return MPI_COMM_WORLD; }
static inline MPI_Datatype mixmo_float(void) { return MPI_FLOAT; }
static inline MPI_Datatype mixmo_double(void) { return MPI_DOUBLE; }
static inline MPI_Datatype mixmo_byte(void) { return MPI_BYTE; }
static inline MPI_Op mixmo_sum(void) { return MPI_SUM; }
static inline MPI_Op mixmo_max(void) { return MPI_MAX; }
static inline void *mixmo_in_place(void) { return MPI_IN_PLACE; }
static inline MPI_Status *mixmo_ignored_status(void) { return MPI_STATUS_IGNORE; }

#include <cblas.h>
// Declares LAPACK's Fortran routines, which take every argument by pointer.
#include <f77blas.h>

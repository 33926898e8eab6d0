/* epilogue.c - grow forgets the new epilogue */
#define FORGOTTEN_EPILOGUE
#include "student.h"

#define _AC(x, y) x##y
#define _UL(x) (x##UL)
#define _ULL(x) (x##ULL)
#define _BITUL(x) (1UL << (x))
#define _BITULL(x) (1ULL << (x))

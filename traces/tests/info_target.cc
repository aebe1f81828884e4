// SPDX-License-Identifier: MIT
/*
 * What info.sh records: chains of calls that it knows. wrap, pack and the
 * vector's functions are inlined into fill.
 */
#include <cstdlib>
#include <vector>

#define OUT_OF_LINE __attribute__((noinline, noclone))

namespace shop
{

struct basket {
	std::vector<char *> goods;
	OUT_OF_LINE void fill(int nr);
};

static inline __attribute__((always_inline)) char *wrap(int size)
{
	return static_cast<char *>(malloc(size)); /* line: wrap */
}

static inline __attribute__((always_inline)) char *pack(int size)
{
	return wrap(size * 10); /* line: pack */
}

OUT_OF_LINE void basket::fill(int nr)
{
	for (int i = 0; i < nr; i++)
		goods.push_back(pack(100)); /* line: fill */
}

} // namespace shop

extern "C" {

char *kept;
void *scratch;

OUT_OF_LINE void keep(int size)
{
	kept = new char[size]; /* line: keep */
	kept[0] = 1;
}

/* A chain of its own for each depth. */
OUT_OF_LINE void descend(int depth)
{
	if (depth > 0)
		descend(depth - 1);
	else
		scratch = malloc(5000);
	kept[depth] = 2;
}
}

int main()
{
	shop::basket basket;

	basket.fill(500);
	keep(70000);
	descend(2);
	free(scratch);
	descend(4);
	free(scratch);
	for (char *p : basket.goods)
		free(p);
	return 0;
}

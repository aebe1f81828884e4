// SPDX-License-Identifier: MIT
// operator new behind a known chain, and exceptions that unwind through it.
#include <cstdio>
#include <stdexcept>
#include <string>

static volatile int after;

__attribute__((noinline)) static void link_throw(int depth)
{
	std::string text(2100, 'x');

	if (!depth)
		throw std::runtime_error(text);
	link_throw(depth - 1);
	after = after + 1;
}

__attribute__((noinline)) static void link_new()
{
	delete[] new char[1101];
	after = after + 1;
}

int main()
{
	int caught = 0;

	for (int i = 0; i < 100; i++) {
		try {
			link_throw(i % 10);
		} catch (const std::runtime_error &e) {
			caught += std::string(e.what()).size() == 2100;
		}
		link_new();
	}
	std::printf("%d\n", caught);
	return 0;
}

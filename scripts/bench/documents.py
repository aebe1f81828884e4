# SPDX-License-Identifier: MIT
# JSON documents written and read again, with each object of Python on the
# heap of the C library: run it with PYTHONMALLOC=malloc.
# usage: documents.py [DOCUMENTS]
import json
import random
import sys


def document(number):
    return {
        "id%d" % number: [random.random() for _ in range(10)],
        "text": "x" * random.randint(1, 500),
    }


count = int(sys.argv[1]) if len(sys.argv) > 1 else 60000
random.seed(7)
documents = [document(number) for number in range(count)]
for _ in range(3):
    text = json.dumps(documents)
    again = json.loads(text)
print(len(text), len(again))

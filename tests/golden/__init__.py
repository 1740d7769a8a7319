"""Small bundle files that every reader must read alike, and broken ones that every reader must refuse.

- ``v1/``: a site's data of version 1, and ``expected.json``: by SAE, what ``featviz show`` prints for each feature.
  ``expected_parts.json``: by SAE, the overview with its codes undone, by column, and of each entry of the search index,
  in order, its three lists of features by facet.
- ``search/``: the search index of an SAE "A" of 1,200 features with several shards and an overflow file, and
  ``expected.json``: its entries as above.
- ``served/``: the first chunk of ``v1`` as hosts and proxies may hand it out.
- ``broken/``: files in the place of SAE "A"'s first chunk, and ``notes.json``: what is wrong with each, a pattern of
  the message in Python, and the kind of error in the browser (``null`` where its decoder cannot notice).

``python -m tests.golden`` wrote them. Once version 1 is released, ``v1`` stays as it is: sites of that version are out
there, and a change of the format gets a folder beside it.
"""

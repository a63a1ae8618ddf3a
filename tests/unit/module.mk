# name:libraries - each unit test links with its module and what that needs, nothing else.
UNIT += ber:decoders,base
UNIT += dec:decoders,base
UNIT += cotp:decoders,base
UNIT += err:base
UNIT += cur:base
UNIT += wr:base
UNIT += hash:base
UNIT += list:base
UNIT += pool:base
UNIT += buf:base
UNIT += wheel:base
UNIT += ring:base
UNIT += addr:base
UNIT += linktype:nfq
UNIT += capture:nfq,base

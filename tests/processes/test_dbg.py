from tests.support.weavr import *
from tests.processes.test_rotation import _kid,_kids,_factors
from tests.support.processes import until
def test_x(pair):
    left,right=pair.servers
    p=new_person(left)
    print(pair.rows("select kid,created_at,retired_at from signing_keys order by created_at desc"))
    print(pair.place.done("keys","rotate"))
    print(pair.rows("select kid,created_at,retired_at from signing_keys order by created_at desc"))
    until("shown", lambda: len(_kids(left))==2 and len(_kids(right))==2)
    for i in range(6):
        print([_kid(log_in(s,p.email).json["token"]) for s in (left,right)])
    print(left.call("GET","/.well-known/jwks.json").body)
    assert 0

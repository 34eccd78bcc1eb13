from gatewright.access.roles import guess, learn


def test_names_give_the_first_order() -> None:
    assert guess(["admin", "patient", "staff", "guest"]) == ["guest", "patient", "staff", "admin"]


def test_a_role_that_reads_strictly_more_stands_above() -> None:
    assert learn(["auditor", "member"], {"auditor": {"a", "b", "c"}, "member": {"a", "b"}}) == ["member", "auditor"]


def test_roles_that_cannot_be_compared_keep_their_order() -> None:
    assert learn(["a", "b"], {"a": {"1"}, "b": {"2"}}) == ["a", "b"]
    assert learn(["a", "b"], {"a": {"1", "2"}, "b": set()}) == ["a", "b"]


def test_an_administrator_who_owns_nothing_stays_above() -> None:
    assert learn(["user", "admin"], {"user": {"a", "b", "c"}, "admin": {"a"}}) == ["user", "admin"]

"""Any address opens a page, with a sentence for whatever of it can't be used. Always the same addresses."""

from hypothesis import HealthCheck, Phase, given, settings

from dashboard import permalink
from tests.dashboard.page import address, notices
from tests.fuzz.checks import check_sentence
from tests.fuzz.test_properties import ADDRESSES


@settings(
    deadline=None, derandomize=True, database=None, max_examples=12, phases=(Phase.generate,),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(ADDRESSES.map(lambda asked: {name: value for name, value in asked.items() if name != "run"}))
def test_any_address_opens_the_first_page(open_page, asked):
    page = open_page(**asked)  # which fails where the page does
    for sentence in notices(page):
        check_sentence(sentence)
    assert "text" not in address(page) and len(address(page)) <= len(permalink._LINKED[permalink.EXPLORE]) + 3

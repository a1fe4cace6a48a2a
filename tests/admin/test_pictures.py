"""Pictures at the desk: upload, describe, order, remove."""

import io

import pytest
from PIL import Image as Picture

from storefront.catalog.images import MEBIBYTE
from storefront.catalog.models import Image
from storefront.core.db import db
from tests.fixtures.factories import make_product
from tests.fixtures.shop import post, token_of

pytestmark = pytest.mark.usefixtures("context")


def png(colour: str) -> io.BytesIO:
    """A small picture of one colour."""
    file = io.BytesIO()
    Picture.new("RGB", (400, 400), colour).save(file, "PNG")
    file.seek(0)
    return file


def upload(client, product_id: int, *files: tuple[io.BytesIO, str], alt: str = ""):
    """Send the upload form."""
    data = {"csrf_token": token_of(client), "alt": alt, "pictures": list(files)}
    headers = {"Sec-Fetch-Site": "same-origin"}
    return client.post(f"/admin/products/{product_id}/pictures", data=data, headers=headers)


def pictures(product_id: int) -> list[Image]:
    """The product's pictures in their order."""
    db.session.rollback()
    query = db.select(Image).where(Image.product_id == product_id).order_by(Image.position, Image.id)
    return list(db.session.scalars(query))


def test_several_pictures_are_stored_in_every_width_and_shown(sign_in, settings):
    product, client = make_product(name="Jug"), sign_in("owner")
    answer = upload(client, product.id, (png("red"), "red.png"), (png("blue"), "blue.png"), alt="A jug")
    assert answer.status_code == 303
    stored = pictures(product.id)
    assert [image.alt for image in stored] == ["A jug", "A jug"]
    assert len(list((settings.data_dir / "media").rglob("*.webp"))) == 2
    page = client.get(answer.location).text
    assert "2 pictures were added." in page
    assert stored[0].key in page
    assert client.get(stored[0].url(320, "webp")).status_code == 200


def test_a_picture_without_words_is_described_by_the_name_of_its_product(sign_in):
    product = make_product(name="Enamel jug")
    upload(sign_in("owner"), product.id, (png("red"), "red.png"))
    assert [image.alt for image in pictures(product.id)] == ["Enamel jug"]


def test_a_file_that_is_no_picture_is_refused_and_the_others_are_taken(sign_in):
    product = make_product()
    answer = upload(sign_in("owner"), product.id, (io.BytesIO(b"hello"), "notes.txt"), (png("red"), "red.png"))
    assert answer.status_code == 422
    assert "notes.txt: This file cannot be read as a picture." in answer.text
    assert "1 picture was added." in answer.text
    assert len(pictures(product.id)) == 1


def test_no_file_is_no_upload(sign_in):
    product = make_product()
    answer = upload(sign_in("owner"), product.id)
    assert answer.status_code == 422
    assert "Choose at least one file." in answer.text


def test_several_photos_of_a_phone_are_sent_together(sign_in):
    product, client = make_product(), sign_in("owner")
    files = [(io.BytesIO(png(colour).read() + b"0" * 9 * MEBIBYTE), f"{colour}.png") for colour in ("red", "blue")]
    assert upload(client, product.id, *files).status_code == 303
    assert len(pictures(product.id)) == 2
    assert "up to 10 MB each and 60 MB together" in client.get(f"/admin/products/{product.id}/pictures").text


def test_more_bytes_than_the_shop_takes_are_refused_inside_the_desk(sign_in):
    product = make_product()
    answer = upload(sign_in("owner"), product.id, (io.BytesIO(b"0" * 61 * MEBIBYTE), "huge.png"))
    assert answer.status_code == 413
    assert "desk-nav" in answer.text
    assert "all of them together may have 60 MB" in answer.text


@pytest.mark.parametrize("roles", [None, (), ("packer",)], ids=["stranger", "customer", "packer"])
def test_who_may_add_no_pictures_sends_no_more_than_any_other_form(client, sign_in, roles):
    product = make_product()
    sender = client if roles is None else sign_in(*roles)
    answer = upload(sender, product.id, (io.BytesIO(b"0" * 13 * MEBIBYTE), "huge.png"))
    assert answer.status_code == 413


def test_other_forms_of_the_desk_take_no_more_than_before(sign_in):
    client = sign_in("owner")
    file = (io.BytesIO(b"0" * 13 * MEBIBYTE), "huge.png")
    data = {"csrf_token": token_of(client), "name": "Lamps", "file": file}
    answer = client.post("/admin/categories", data=data, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 413
    assert "all of them together may have 12 MB" in answer.text


def test_a_picture_is_described_put_first_and_removed(sign_in):
    product, client = make_product(), sign_in("owner")
    upload(client, product.id, (png("red"), "red.png"), (png("blue"), "blue.png"))
    first, second = [image.id for image in pictures(product.id)]
    path = f"/admin/products/{product.id}/pictures"

    post(client, f"{path}/{second}", {"alt": "From the side"})
    assert [image.alt for image in pictures(product.id)][1] == "From the side"

    post(client, f"{path}/{second}/position")
    assert [image.id for image in pictures(product.id)] == [second, first]

    post(client, f"{path}/{second}/removal")
    assert [image.id for image in pictures(product.id)] == [first]


def test_a_picture_of_another_product_is_left_alone(sign_in):
    mine, other, client = make_product(), make_product(), sign_in("owner")
    upload(client, other.id, (png("red"), "red.png"), alt="Theirs")
    image_id = pictures(other.id)[0].id
    path = f"/admin/products/{mine.id}/pictures/{image_id}"
    post(client, path, {"alt": "Mine"})
    post(client, f"{path}/position")
    post(client, f"{path}/removal")
    assert [image.alt for image in pictures(other.id)] == ["Theirs"]

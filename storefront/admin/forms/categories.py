"""The form about categories."""

from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired, Length

from storefront.core.web.forms import Form, TextField


class CategoryForm(Form):
    """What a category is called."""

    name = TextField(
        _l("Name of the category"), [DataRequired(_l("Enter a name.")), Length(max=120)], render_kw={"maxlength": 120}
    )

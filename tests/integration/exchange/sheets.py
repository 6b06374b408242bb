"""sheets.py form FILE | wide FILE | again FILE | review FILE: what a spreadsheet program other than ours writes."""
import sys

import openpyxl


def form(path):
    book = openpyxl.Workbook()
    survey = book.active
    survey.title = "survey"
    survey.append(["type", "name", "label::English (en)", "relevant", "constraint"])
    survey.append(["begin group", "water", "Water", None, None])
    survey.append(["note", "n1", "Boil water for a minute.", None, None])
    survey.append(["select_one yn", "boil", "Do you boil it?", None, None])
    survey.append(["integer", "days", "How many days?", "${boil} = 'yes'", ". >= 0 and . <= 7"])
    survey.append(["geopoint", "where", "Where?", None, None])
    survey.append(["end group", None, None, None, None])
    choices = book.create_sheet("choices")
    choices.append(["list_name", "name", "label::English (en)"])
    choices.append(["yn", "yes", "Yes"])
    choices.append(["yn", "no", "No"])
    book.save(path)


def wide(path):
    """What survey tools have and phones have not, each in a cell of its own."""
    book = openpyxl.Workbook()
    survey = book.active
    survey.title = "survey"
    survey.append(
        ["type", "name", "label::French (fr)", "label::English (en)", "hint::English (en)", "required", "relevant", "constraint"]
    )
    both = ["Bonjour", "Hello"]
    survey.append(["begin_group", "hh", *both, None, None, "${a} = 'b'", None])
    survey.append(["select_one yn", "Water", *both, "a hint", "yes", None, None])
    survey.append(["select_multiple src or_other", "src", *both, None, None, "${Water} = 'yes'", None])
    survey.append(["integer", "n1", *both, None, None, "selected(${Water}, \"no\")", ". > 0 and . < 10"])
    survey.append(["integer", "n2", *both, None, None, "${Water} != 'yes'", ". = 7 or . >= 0 and . <= 5"])
    survey.append(["text", "t1", *both, None, None, "${src} = 'well'", "string-length(.) <= 80"])
    survey.append(["note", "nt", "Merci", "Thank you ${Water}", None, None, "${Water} = 'no'", None])
    survey.append(["end_group"])
    choices = book.create_sheet("choices")
    choices.append(["list_name", "name", "label::French (fr)", "label::English (en)", "image"])
    for row in (["yn", "yes", "oui", "yes", "y.png"], ["yn", "no", "non", "no"], ["src", "river", "fleuve", "river"]):
        choices.append(row)
    choices.append(["src", "well", "puits", "well"])
    settings = book.create_sheet("settings")
    settings.append(["form_title", "default_language", "style"])
    settings.append(["Water", "English (en)", "pages"])
    book.create_sheet("entities").append(["list_name"])
    book["entities"].append(["x"])
    book.save(path)


def again(path):
    openpyxl.load_workbook(path).save(path)


def review(path):
    book = openpyxl.load_workbook(path)
    sheet = book["course"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for row in sheet.iter_rows(min_row=2):
        cells = {name: row[column - 1] for name, column in columns.items()}
        if cells["id"].value == "m1q1.1":
            cells["state"].value = "language_reviewed"
        elif cells["id"].value == "m1q1.2":
            cells["translation"].value = "Seize"
        elif cells["id"].value == "text_hello":
            cells["translation"].value = "Sans le mot entre accolades."
        elif cells["id"].value == "m1.title":
            cells["English"].value = "Another title"
            cells["translation"].value = "Autre titre"
    sign = book["sign-off"]
    for column, value in enumerate(["Awa Diop", "second reader", "2026-11-28"], start=1):
        sign.cell(row=2, column=column, value=value)
    book.save(path)


# A reviewer takes away rows that seem to be done.
def gone(path):
    book = openpyxl.load_workbook(path)
    sheet = book["course"]
    at = next(cell.column for cell in sheet[1] if cell.value == "id")
    for row in range(sheet.max_row, 1, -1):
        if (sheet.cell(row, at).value or "").startswith("m2q3"):
            sheet.delete_rows(row)
    book.save(path)


{"form": form, "wide": wide, "again": again, "review": review, "gone": gone}[sys.argv[1]](sys.argv[2])

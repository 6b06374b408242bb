"""sheets.py form FILE | again FILE | review FILE: what a spreadsheet program other than ours writes."""
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


{"form": form, "again": again, "review": review}[sys.argv[1]](sys.argv[2])

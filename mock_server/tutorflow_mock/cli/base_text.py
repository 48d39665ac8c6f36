"""The requests that the base text of the API prints, with its own placeholders."""

API_KEY = "workspace_api_key"
IDEMPOTENCY_KEY = "floco-glossary-a1-2026-07-02"
INSTANT = "2026-07-02T09:00:00Z"

CREATE = """{
  "sourceType": "floco",
  "requestedOutputs": [
    "interactive_module",
    "summary_video",
    "expanded_quiz"
  ],
  "payload": {
    "category": "Vocabulary",
    "level": {
      "id": "glossary-a1",
      "title": "A1 glossary",
      "lessons": [
        {
          "id": "lesson-1",
          "type": "term",
          "title": "Greetings",
          "terms": [
            {
              "term": "hello",
              "meaning": "a greeting",
              "example": "Hello, Min."
            }
          ]
        }
      ]
    }
  }
}"""

EXPORT = """{
  "lessonId": "standalone-lesson-id",
  "idempotencyKey": "standalone-lesson:standalone-lesson-id"
}"""

# name:libraries - each unit test links with its module and what that needs, nothing else.

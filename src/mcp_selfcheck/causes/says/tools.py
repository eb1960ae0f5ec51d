"""How model APIs, schema validators, SDKs and clients speak of tools they cannot use."""

from __future__ import annotations

from . import says

# A table: one signature a line, however long.
# fmt: off
SAYS = {
    "tools-schema-dialect": (
        says(r"JSON schema is invalid\. It must match JSON Schema draft 2020-12|must match JSON Schema draft 2020-12|draft[ -]?2020-12", 3.4),
        says(r"tools\.(?P<index>\d+|<n>)\.(?:custom\.)?input_schema: JSON schema is invalid", 3.6),
        says(r"(?:unresolvable|can't resolve|cannot resolve|Could not resolve|unresolved|PointerToNowhere|RefResolutionError|MissingRefError)[^\n]{0,40}(?:\$?ref|reference|#/)|can't resolve reference #/", 3.2),
        says(r"no schema with key or ref|unknown (?:keyword|format)|strict mode: (?:unknown|missing)|strict mode: \"items\" is|Invalid regular expression: /|is not a valid regex|Unknown JSON Schema|\$schema[^\n]{0,40}draft-0[4-7]|draft-0[4-7]/schema", 2.9, needs="schema|tool|mcp"),
        says(r"Invalid schema for function '(?P<tool>[^']+)': (?:In context|.{0,40}is not valid under any of the given schemas|array schema|.{0,80}regex)", 2.6),
        says(r"prefixItems|items[^\n]{0,30}(?:is not of type 'object', 'boolean'|array form|tuple)|exclusiveM(?:in|ax)imum[^\n]{0,40}(?:boolean|True)|True is not of type 'number'", 3.1),
        says(r"SchemaError|schema is invalid: data/|jsonschema\.exceptions", 2.5),
    ),
    "tools-schema-combinator": (
        says(r"input_schema does not support (?:oneOf|allOf|anyOf)[^\n]{0,40}(?:top level)?", 3.7),
        says(r"(?:oneOf|allOf|anyOf)[^\n]{0,60}(?:top[- ]?level|root|not (?:supported|allowed|permitted)|unsupported)", 3.3),
        says(r"(?:top[- ]?level|root)[^\n]{0,60}(?:oneOf|allOf|anyOf)\b", 3.2),
        says(r"schema must have (?:a )?'?type'?:? ?'object'? and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level", 3.8),
        says(r"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'", 2.7),
    ),
    "tools-schema-key": (
        says(r"Property keys should match pattern", 3.8),
        says(r"\^\[a-zA-Z0-9_\.?\\?-?\.?-?\]\{1,64\}\$", 2.9, unless=r"\.name: String|custom\.name|tools\[\d+\]\.name|function\.name"),
        says(r"(?:property|properties|parameter|argument)(?: key| name)?s?[^\n]{0,60}(?:does not match|invalid character|must match|should match|not match|invalid name)", 3.0, unless="\\.name:|tool name|output"),
        says(r"input_schema\.properties: ", 2.9),
        says(r"(?:illegal|invalid|unsupported) (?:property|parameter) (?:key|name)", 3.1),
    ),
    "tools-schema-gemini": (
        says(r"GenerateContentRequest\.tools|function_declarations\[\d+\]", 3.5),
        says(r"only allowed for (?:OBJECT|STRING|ARRAY|NUMBER|INTEGER) type|should be non-empty for OBJECT type|should be non-empty", 3.4),
        says(r"Unknown name \"(?P<key>[^\"]+)\"(?: at '[^']*(?:tools|function_declarations|parameters|items|properties)[^']*')?", 3.3),
        says(r"INVALID_ARGUMENT", 2.7, needs="tool|schema|function|GenerateContent|[Gg]emini"),
        says(r"(?:[Gg]emini|Vertex ?AI|generativelanguage|GoogleGenerativeAI)[^\n]{0,120}(?:schema|400|function|tool|parameters|Invalid)", 3.0),
        says(r"Proto field is not repeating, cannot start list|Invalid value at 'tools|at 'tools\[\d+\]|only supports? (?:the )?(?:string|date-time|enum)[^\n]{0,30}(?:format)?|for STRING type", 3.3),
        says(r"Unable to submit request because[^\n]{0,120}(?:schema|function|parameters|functionDeclaration)", 3.4),
    ),
    "tools-schema-shape": (
        says(r"AddTool \S+: missing input schema|not a valid MCP tool input JSON schema|missing input schema", 3.3),
        says(r"(?:object schema missing properties|object schema is missing|array schema missing items|array schema items is not an object)", 3.8),
        says(r"\[\] is not of type 'object'|value for properties at top-level must be an object", 3.6),
        says(r"inputSchema[^\n]{0,60}(?:must be|type must|should be|is not|expected)[^\n]{0,20}['\"]?object|inputSchema\.type|input_schema\.type|input_schema: Field required|inputSchema[^\n]{0,20}(?:is )?(?:missing|required|Required|undefined)", 3.2),
        says(r"Invalid schema for function '(?P<tool>[^']+)'", 2.6),
        says(r"\"path\": ?\[ ?\"tools\", ?\d+, ?\"inputSchema\"", 2.7),
        says(r"Invalid literal value, expected \\?\"object\\?\"|expected \\?\"object\\?\"", 2.3),
        says(r"missing properties|properties (?:is|must be|should be)[^\n]{0,20}(?:an? )?(?:array|object|dict)|items (?:is )?(?:missing|required)|missing ['\"]?items", 2.7, unless="required properties"),
        says(r"schema must be (?:a JSON Schema )?of ['\"]?type:? ?['\"]?object|type: Expected 'object'|got 'type: \"(?:None|string|array)\"", 3.1),
        says(r"tool parameters array type must have items|tools?\[?\d*\]?[^\n]{0,40}parameters[^\n]{0,30}(?:must|invalid|missing)", 3.1),
    ),
    "tools-zod-conflict": (
        says(r"(?:reading '_zod'|_zod\b|\._parse is not a function|reading '_parse'|reading '_def'|_def\.typeName|\.safeParse(?:Async)? is not a function|reading 'typeName'|w\._parse|keyValidator)", 3.7),
        says(r"zod (?:v?3|v?4)[^\n]{0,40}(?:zod )?(?:v?3|v?4)|(?:two|mixed|different|multiple|both|conflicting) (?:major )?(?:versions of )?zod|zod-to-json-schema|zod/v[34]|z\.\w+ is not a function", 3.2),
        says(r"Type instantiation is excessively deep|is not assignable to (?:parameter of )?type '?(?:ZodRawShape|AnySchema|ZodType)", 3.0),
        says(r"ZodError[^\n]{0,60}[\s\S]{0,120}?\"(?:invalid_literal|invalid_type|invalid_value|invalid_union)\"[\s\S]{0,300}?inputSchema", 2.9),
        says(r"Schema method literal is missing|Schema is missing a method literal|schema\.shape is undefined|Cannot read properties of (?:undefined|null) \(reading '(?:_zod|shape|_def|def|toJSONSchema|type)'\)", 3.3),
        says(r"Mixed Zod versions detected", 3.9),
        says(r"v3Schema|inst\._zod|_zod\.def|toJSONSchema", 3.1),
    ),
    "tools-output-schema": (
        says(r"has an output schema but (?:did not return structured content|no structured content was provided)", 3.8),
        says(r"[Ss]tructured [Cc]ontent does not match the tool's output schema", 3.8),
        says(r"[Oo]utput (?:validation error|schema)[^\n]{0,80}(?:not match|invalid|fail|error|required|missing|did not|does not|violat|expected)", 3.3),
        says(r"[\"']?outputSchema[\"']?[^\n]{0,60}(?:must|invalid|type|missing|required|expected|without|error)", 3.1),
        says(r"structured_?[Cc]ontent[^\n]{0,60}(?:missing|required|must|not|invalid|None|undefined|null)|outputSchema defined but no structured output returned|structured_content must be a dict", 3.2),
        says(r"Invalid structured content (?:for|returned by) tool|does not conform to (?:the )?output schema", 3.6),
        says(r"\"path\": ?\[ ?\"tools\", ?\d+, ?\"outputSchema\"|path \[\"tools\",\d+,\"outputSchema\"", 3.6),
        says(r"outputSchema", 2.3),
        says(r"Unexpected response type", 2.2),
    ),
    "tools-result-shape": (
        says(r"validation errors? for CallToolResult|Invalid (?:tool )?result|invalid tool (?:call )?(?:result|response)|Unexpected (?:tool )?result (?:format|shape|type)", 3.2),
        says(r"\"path\": ?\[ ?\"content\"(?:, ?\d+)?|content(?:\.\d+)?[^\n]{0,40}(?:Input should be|invalid_union|Invalid (?:input|discriminator)|must be (?:an )?array|expected array|Required)|result\.content|content (?:is )?(?:missing|not iterable|undefined|not an array)", 2.9, unless="content[- ]type|event-stream"),
        says(r"(?:content|result) type ['\"]?(?P<type>[\w/-]+)['\"]? (?:is )?(?:not supported|unsupported|unknown|invalid|not (?:a )?(?:valid|MCP))|[Uu]n(?:known|supported|expected) content (?:type|block)(?: in tool result)?:? ?['\"]?(?:json|object|string|html|markdown|video|file|\w+)", 2.7, unless="text/html|HTTP|application/"),
        says(r"(?:expected|must be|should be)[^\n]{0,30}['\"]text['\"][^\n]{0,30}(?:['\"]image['\"]|['\"]audio['\"]|['\"]resource)", 3.2),
        says(r"(?:[Tt]ool|tools/call)[^\n]{0,60}(?:returned|returns|result)[^\n]{0,40}(?:invalid|malformed|unexpected|wrong|null|undefined|not (?:valid|an? (?:object|array|CallToolResult)))", 2.9, unless="output schema|structured"),
        says(r"Input tag '(?P<type>[^']+)' found using 'type' does not match any of the expected tags: 'text'|unable to serialize unknown type|is not JSON serializable|Object of type \w+ is not JSON serializable|TypeError: Do not know how to serialize|Converting circular structure to JSON", 3.0),
        says(r"validation errors? for (?:TextContent|ImageContent|EmbeddedResource|ContentBlock)", 3.3),
        says(r"Unexpected response type", 2.4),
        says(r"received\W{1,4}[\w/.-]+\W[^\n]{0,80}expected\W{1,4}(?:text|image|resource)\W[^\n]{0,80}content", 3.3),
    ),
    "tools-duplicate-name": (
        says(r"[Tt]ool names must be unique|tools: Tool names must be unique", 3.8),
        says(r"[Dd]uplicate (?:tool|function)(?: name| declaration)?s?(?: found)?:? ?['\"`]?(?P<tool>[\w.-]+)?|(?:[Dd]uplicate|[Cc]onflicting|[Ss]ame) (?:name|tool)s?[^\n]{0,30}tools?", 3.4),
        says(r"[Tt]ool (?:with name )?['\"`]?(?P<tool>[\w.-]+)['\"`]? (?:is )?already (?:registered|exists|defined|in use)|Tool already exists", 3.3),
        says(r"(?:two|2|several|multiple) tools (?:with|have|named|share)[^\n]{0,20}(?:the )?same name|tool name (?:collision|conflict|clash)|names? (?:collide|clash)", 3.4),
        says(r"Duplicate function declaration found", 3.8),
    ),
    "tools-name-invalid": (
        says(r"tools\.(?P<index>\d+)\.(?:custom\.|function\.)?name: String should (?:match pattern|have at most)", 3.8),
        says(r"Invalid '?tools\[\d+\]\.(?:function\.)?name'?: (?:string (?:does not match|too long)|.{0,60}pattern)|\[?\d+\]?\.function\.name", 3.6),
        says(r"String should match pattern '\^\[a-zA-Z0-9_-\]\{1,(?:64|128)\}\$'", 3.2),
        says(r"[Tt]ool name[^\n]{0,60}(?:invalid|too long|exceeds?|must (?:match|be|only|contain)|longer than|contains|does not match|not allowed|characters|filtered)", 3.2),
        says(r"(?:[Ii]nvalid|[Ii]llegal|[Uu]nsupported) (?:tool|function) name|Function name must (?:start|be|match)|Combined server and tool name length|exceeds? (?:the )?(?:60|64|128)[- ]char", 3.5),
        says(r"expected a string with maximum length (?:64|128)|string too long\. Expected a string with maximum length", 3.0),
        says(r"Invalid function name\. Must start with a letter or an underscore", 3.6),
    ),
    "tools-empty": (
        says(r"(?:0|[Zz]ero|[Nn]o) (?:MCP )?tools?(?: (?:were |are |have been )?(?:found|available|enabled|loaded|discovered|listed|exposed|registered|returned|fetched|provided|shown|detected))?(?:$|[ .,;!)])", 2.6, unless="toolchain|calls"),
        says(r"(?:Discovered|Found|Loaded|Got|Fetched|Registered|Listed) 0 tools|tools?: ?0\b|\"tools\": ?\[\]|tools=\[\]|No tools, prompts,? (?:or|and) resources|No tools, prompts|0 tools enabled", 3.2),
        says(r"[Cc]onnected[^\n]{0,60}(?:but )?(?:no|0|zero|without) tools|tools? list (?:is )?empty|empty (?:tools?|tool list|list of tools)|Loading tools forever", 3.3),
    ),
    "tools-too-many": (
        says(r"(?:may not include more than|exceed(?:s|ed|ing)?|maximum(?: of)?|at most|limit(?: of)?|more than|too many) ?(?:the )?(?P<limit>\d+)?(?: of)? tools", 3.2),
        says(r"(?:too many|too long)[^\n]{0,20}tools|tools?[^\n]{0,20}array too long|Invalid 'tools': array too long|Expected an array with maximum length (?P<limit>\d+)|Exceeding total tools limit|total tools limit|tools? (?:limit|cap) (?:reached|exceeded|of)", 3.6),
        says(r"(?:maximum|limit)[^\n]{0,30}(?:number of )?(?:tools|functions|function declarations)[^\n]{0,30}(?:exceed|reached|\d+)?|(?P<count>\d{2,4}) tools[^\n]{0,40}(?:exceed|limit|over|max|only|too many|degrade)", 3.1),
        says(r"maximum number of tools|tools\.length|Some models may not respect more than \d+ tools", 3.4),
    ),
    "tools-list-failed": (
        says(r"tools/list[^\n]{0,80}(?:fail|error|timed out|timeout|-32\d{3}|500|rejected|exception|no response)", 2.9),
        says(r"(?:[Ff]ailed|[Uu]nable|[Ee]rror|[Cc]ould not|[Cc]annot)[^\n]{0,20}(?:to )?(?:list(?:ing)?|fetch(?:ing)?|get(?:ting)?|load(?:ing)?|retriev(?:e|ing)|discover(?:ing)?|enumerat(?:e|ing)) (?:the )?(?:MCP |server )?tools", 2.9),
        says(r"listTools[^\n]{0,60}(?:fail|error|timed out|timeout|reject)|list_tools[^\n]{0,60}(?:fail|error|timed out|raised|exception)|ListTools[^\n]{0,40}(?:fail|error)", 2.4, unless="no attribute"),
        says(r"-32603[^\n]{0,60}", 1.9),
        says(r"validation errors? for ListToolsResult|ListToolsResult", 3.0),
    ),
}
